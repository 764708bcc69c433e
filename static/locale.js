// The page's language with its habits, for Intl.

const language = document.documentElement.lang;

// Plain "en" would mean American habits: a 12-hour clock, the month first and "min." with a full stop. Arabic digits
// differ by country, and the server writes the ones of CLDR's "ar": the page must not mix two kinds.
export const locale = { en: "en-GB", ar: "ar-u-nu-latn" }[language] ?? language;
