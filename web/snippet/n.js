/* SPDX-License-Identifier: Apache-2.0
 * n.js: tells your nurtured server what a visitor does on your pages, and nobody else.
 *
 *   <script async src="https://events.example.com/n.js" data-key="nk_..."></script>
 *
 * Page views, how far a page was read, and forms marked data-nurtured="form name". It sends and
 * stores nothing when the browser says Do Not Track or Global Privacy Control, and holds everything
 * back until nurtured.consent(true) with data-consent="wait". docs/snippet.md has the rest.
 * tools/embed takes comments and indentation out: comments stand on lines of their own. */
((w, d, n, l) => {
	let me = d.currentScript, data = me ? me.dataset : {}, key = data.key, host = data.host || (me && new URL(me.src).origin);
	if (!key || w.nurtured) return;
	let silent = n.doNotTrack == 1 || w.doNotTrack == 1 || n.globalPrivacyControl === true,
		allowed = !silent && data.consent != 'wait',
		queue = [], timer, pause = 1000, deepest = 0, told = 0, device;

	let random = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

	/* One id for the device, first-party. In the local storage because Safari forgets a script's
	 * cookies after seven days; in a cookie for forms that are posted without a script. */
	let visitor = () => {
		if (device) return device;
		try { device = localStorage.nurtured_id; } catch (e) {}
		device = device || (/(?:^|; )nurtured_id=([\w-]+)/.exec(d.cookie) || [])[1] || random();
		try { localStorage.nurtured_id = device; } catch (e) {}
		d.cookie = 'nurtured_id=' + device + ';path=/;max-age=31536000;samesite=lax' + (l.protocol == 'https:' ? ';secure' : '');
		return device;
	};

	let on = (where, what, then) => where.addEventListener(what, then, true);

	let later = ms => timer ||= setTimeout(send, ms);

	let send = leaving => {
		clearTimeout(timer);
		timer = 0;
		if (!queue.length || !allowed) return;
		let items = queue.splice(0, 40), url = host + '/v1/batch';
		items.forEach(item => { item.anonymousId = visitor(); });
		let body = JSON.stringify({ batch: items, writeKey: key, sentAt: new Date() });
		/* The same message ids again: what arrived twice counts once. */
		let again = () => {
			queue = items.concat(queue).slice(-200);
			later(pause = Math.min(pause * 2, 6e4));
		};
		/* A text: no preflight. A beacon is sent though the page is gone. */
		if (leaving === true && n.sendBeacon && n.sendBeacon(url, body)) return;
		fetch(url, { method: 'POST', body, keepalive: body.length < 6e4 }).then(r => {
			if (r.status == 429 || r.status > 499) return again();
			pause = 1000;
			send();
		}, again);
	};

	let add = (type, item) => {
		if (silent) return;
		item.type = type;
		item.messageId = random();
		item.timestamp = new Date();
		item.context = {
			page: { url: l.href, path: l.pathname, referrer: d.referrer, title: d.title, search: l.search },
			locale: n.language,
			timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
			library: { name: 'n.js' }
		};
		queue = queue.concat(item).slice(-200);
		later(300);
	};

	let scroll = () => {
		deepest = Math.max(deepest, Math.min(100, Math.ceil(100 * (w.scrollY + w.innerHeight) / d.documentElement.scrollHeight)));
	};

	let track = (event, properties) => add('track', { event, properties });

	/* A page may be left and come back to: its depth is told again when it has grown. */
	let leave = () => {
		if (deepest > told) track('Page Read', { scroll: told = deepest });
		send(true);
	};

	let page = name => {
		if (deepest) leave();
		deepest = told = 0;
		scroll();
		add('page', { name: name || data.page });
	};

	w.nurtured = {
		page,
		track,
		identify: (userId, traits) => add('identify', { userId, traits }),
		consent: yes => {
			allowed = yes && !silent;
			if (!allowed) queue = [];
			send();
		}
	};

	/* The server knows what form fields mean (docs/ingest.md). Passwords and cards stay here. */
	on(d, 'submit', e => {
		let form = e.target, name = form.dataset.nurtured;
		if (!name || silent) return;
		let fields = new URLSearchParams({ writeKey: key, messageId: random(), page_url: l.href, page_title: d.title, referrer: d.referrer });
		if (allowed) fields.append('anonymousId', visitor());
		for (let x of form.elements)
			if (x.name && !x.disabled && !/password|file|submit|button|image/.test(x.type) && !/^cc-/.test(x.autocomplete) && (x.checked || !/checkbox|radio/.test(x.type)))
				fields.append(x.name, x.value);
		send(true);
		n.sendBeacon(host + '/v1/form/' + encodeURIComponent(name), fields);
	});

	on(w, 'scroll', scroll);
	on(w, 'pagehide', leave);
	on(w, 'online', send);
	on(d, 'visibilitychange', () => d.hidden && leave());
	page();
})(window, document, navigator, location);
