/* SPDX-License-Identifier: Apache-2.0
 * countries.c: country codes and the regions that come with us. Regions name where a rule of
 * consent holds, so they follow the law that makes the rule: eea is where the GDPR and the
 * ePrivacy rules hold, uk and ch have their own. The lists are ISO 3166-1 alpha-2. */
#include "program/check.h"

#define EU \
	STR("AT"), STR("BE"), STR("BG"), STR("CY"), STR("CZ"), STR("DE"), STR("DK"), STR("EE"), \
		STR("ES"), STR("FI"), STR("FR"), STR("GR"), STR("HR"), STR("HU"), STR("IE"), \
		STR("IT"), STR("LT"), STR("LU"), STR("LV"), STR("MT"), STR("NL"), STR("PL"), \
		STR("PT"), STR("RO"), STR("SE"), STR("SI"), STR("SK")

static const struct str eu[] = {EU};
static const struct str eea[] = {EU, STR("IS"), STR("LI"), STR("NO")};
static const struct str uk[] = {STR("GB"), STR("GG"), STR("IM"), STR("JE")};
static const struct str ch[] = {STR("CH")};
static const struct str us[] = {STR("US"), STR("PR"), STR("GU"), STR("VI"), STR("AS"), STR("MP")};
static const struct str ca[] = {STR("CA")};
static const struct str br[] = {STR("BR")};
static const struct str au[] = {STR("AU"), STR("NZ")};
static const struct str apac[] = {STR("AU"), STR("NZ"), STR("JP"), STR("KR"), STR("SG"),
				  STR("HK"), STR("TW"), STR("MY"), STR("TH"), STR("ID"),
				  STR("PH"), STR("VN"), STR("IN")};

#define REGION(r) \
	{ \
#r, r, sizeof r / sizeof *r \
	}
static const struct {
	const char *name;
	const struct str *countries;
	size_t n;
} regions[] = {REGION(eu), REGION(eea), REGION(uk), REGION(ch),  REGION(us),
	       REGION(ca), REGION(br),  REGION(au), REGION(apac)};

/* Two letters each, in order. */
static const char codes[] =
	"ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ"
	"CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFR"
	"GAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJP"
	"KEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMU"
	"MVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW"
	"SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZ"
	"UAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

/* What people write instead. */
static const struct {
	const char *text, *code;
} meant[] = {
	{"uk", "GB"},        {"england", "GB"},     {"united kingdom", "GB"},
	{"britain", "GB"},   {"usa", "US"},         {"united states", "US"},
	{"germany", "DE"},   {"deutschland", "DE"}, {"france", "FR"},
	{"austria", "AT"},   {"switzerland", "CH"}, {"spain", "ES"},
	{"italy", "IT"},     {"netherlands", "NL"}, {"belgium", "BE"},
	{"sweden", "SE"},    {"norway", "NO"},      {"denmark", "DK"},
	{"finland", "FI"},   {"poland", "PL"},      {"ireland", "IE"},
	{"portugal", "PT"},  {"canada", "CA"},      {"india", "IN"},
	{"australia", "AU"}, {"brazil", "BR"},      {"japan", "JP"},
	{"greece", "GR"},    {"el", "GR"},          {"czechia", "CZ"},
	{"deu", "DE"},       {"fra", "FR"},         {"gbr", "GB"},
};

bool country_known(struct str code)
{
	if (code.n != 2)
		return false;
	for (size_t i = 0; i + 1 < sizeof codes - 1; i += 2)
		if (codes[i] == code.p[0] && codes[i + 1] == code.p[1])
			return true;
	return false;
}

struct str country_meant(struct str text)
{
	for (size_t i = 0; i < sizeof meant / sizeof *meant; i++)
		if (str_eq_nocase(text, str_of(meant[i].text)))
			return str_of(meant[i].code);
	for (size_t i = 0; text.n == 2 && i + 1 < sizeof codes - 1; i += 2)
		if (str_eq_nocase(text, str_n(codes + i, 2)))
			return str_n(codes + i, 2);
	return STR_NULL;
}

const struct str *region_countries(struct str name, size_t *n_r)
{
	for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
		if (!str_is(name, regions[i].name))
			continue;
		*n_r = regions[i].n;
		return regions[i].countries;
	}
	return NULL;
}

struct str region_name(size_t i)
{
	return i < sizeof regions / sizeof *regions ? str_of(regions[i].name) : STR_NULL;
}
