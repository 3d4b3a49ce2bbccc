// The API key of this browser tab: taken from the link's fragment (#key=…, removed at once) or from sessionStorage.
// It is never written anywhere else: not to localStorage, not to a cookie, not to an address.

const STORED_AS = "patron:key";

/** The key a demo link carries, taken out of the address and its history entry; null where there is none. */
export function takeKeyFromAddress() {
  const found = /^#key=([^&]+)$/.exec(window.location.hash);
  if (!found) return null;
  window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  return decoded(found[1]).trim();
}

export const storedKey = () => window.sessionStorage.getItem(STORED_AS);

export const storeKey = (key) => window.sessionStorage.setItem(STORED_AS, key);

export const forgetKey = () => window.sessionStorage.removeItem(STORED_AS);

/** Why a text cannot be a key, or null: what goes into an HTTP header is visible ASCII. */
export function problemOf(key) {
  if (!key) return "Enter a key first.";
  return /^[\x21-\x7e]+$/.test(key) ? null : "A key has no spaces and no letters outside ASCII. Copy it again, whole.";
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % is for the server to refuse
  }
}
