// Where GraphiQL keeps what it remembers. Queries and variables can name people, so tabs and history end with the
// browser tab (sessionStorage), and each schema has its own: a key of another tenant starts with its own examples.
// Only how the page looks, and what someone marked as favourite, is kept for longer (localStorage).

const LASTING = new Set(["theme", "favorites", "docExplorerFlex", "editorFlex", "secondaryEditorFlex"]);
const PREFIX = "graphiql:";
const PANEL_SHARE = "0.28"; // of the width the editors have

/** GraphiQL's storage for the schema that an introspection answer describes. */
export function createStorage(introspection) {
  const schema = fingerprint(JSON.stringify(introspection?.data ?? null));
  const place = (key) => {
    if (LASTING.has(key.slice(PREFIX.length))) return [window.localStorage, key];
    return [window.sessionStorage, `${PREFIX}${schema}:${key.slice(PREFIX.length)}`];
  };
  return {
    getItem: (key) => call("getItem", ...place(key)),
    setItem: (key, value) => call("setItem", ...place(key), value),
    removeItem: (key) => call("removeItem", ...place(key)),
    get length() {
      return ownEntries().length;
    },
    clear: () => ownEntries().forEach(([storage, key]) => storage.removeItem(key)),
  };
}

/** What GraphiQL finds on a first visit: the first tab's operation in its editors, and a narrower panel at the side. */
export function prepareStorage(storage, firstTab) {
  const offer = (name, value) => value && storage.getItem(PREFIX + name) === null && storage.setItem(PREFIX + name, value);
  offer("docExplorerFlex", PANEL_SHARE);
  if (storage.getItem(`${PREFIX}tabState`) !== null || !firstTab) return;
  offer("query", firstTab.query);
  offer("variables", firstTab.variables);
}

const call = (method, storage, ...rest) => storage[method](...rest);

function ownEntries() {
  const own = (storage) => Object.keys(storage).filter((key) => key.startsWith(PREFIX));
  return [window.localStorage, window.sessionStorage].flatMap((storage) => own(storage).map((key) => [storage, key]));
}

/** FNV-1a, 32 bits: tells schemas apart, guards nothing. */
function fingerprint(text) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16);
}
