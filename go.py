import json,sys,urllib.request,random
url,key=sys.argv[1:]
def post(p,b):
    r=urllib.request.Request(url+p,json.dumps(b).encode(),{"Authorization":"Bearer "+key,"Content-Type":"application/json"})
    return json.load(urllib.request.urlopen(r))
random.seed(1)
for i in range(400):
    plan=i%2
    a=post("/v1/decide",{"decision":"subject","id":f"m{i}","context":{"plan":plan,"seats":random.random()},"actions":["question","number",{"id":"offer","cost":0.1,"eligible":i%3>0}]})
    if random.random() < {"question":.2+.5*plan,"number":.3,"offer":.3,"wait":.02}[a["action"]]:
        post("/v1/reward",{"decision":"subject","id":f"m{i}","kind":"order","value":1.5})
print(json.dumps(a))
