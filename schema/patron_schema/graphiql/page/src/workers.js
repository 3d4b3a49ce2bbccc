// The editor's three workers, as files of this host: no blob: address is needed, so the page's policy allows none.

/* global PATRON_WORKERS -- the hashed file names, put in by build.mjs */

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(PATRON_WORKERS[label] ?? PATRON_WORKERS.editor, import.meta.url)),
};
