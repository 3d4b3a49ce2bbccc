// What is on the screen: the key dialog until a key opens the schema, then the explorer for that key, with the dialog
// coming back whenever the key is to be changed or is refused.

import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { openSchema } from "./api.js";
import { loadExamples } from "./examples.js";
import { forgetKey, problemOf, storedKey, storeKey, takeKeyFromAddress } from "./key.js";
import { KeyDialog } from "./key-dialog.jsx";

const explorer = import("./explorer.jsx");
const Explorer = lazy(() => explorer);
const firstKey = takeKeyFromAddress() ?? storedKey();

export function App({ addresses }) {
  const [opened, setOpened] = useState(null); // { key, introspection, examples } once a key has been accepted
  const [asking, setAsking] = useState(firstKey ? null : {}); // { refusal } while the dialog is shown
  const [waiting, setWaiting] = useState(Boolean(firstKey));

  const open = useCallback(
    async (key) => {
      const refusal = problemOf(key);
      if (refusal) return setAsking({ refusal });
      setWaiting(true);
      const [answer, examples] = await Promise.all([
        openSchema(addresses.endpoint, key),
        loadExamples(addresses.examples),
      ]);
      setWaiting(false);
      if (answer.final) forgetKey();
      if (answer.refusal) return setAsking({ refusal: answer.refusal });
      storeKey(key);
      setOpened({ key, introspection: answer.introspection, examples });
      setAsking(null);
    },
    [addresses],
  );

  const forget = useCallback(() => {
    forgetKey();
    setOpened(null);
    setAsking({});
  }, []);

  const refuse = useCallback((refusal) => {
    forgetKey();
    setAsking({ refusal });
  }, []);

  useFirstKey(open);
  useKeyInLaterLinks(open);

  return (
    <>
      {opened ? (
        <Suspense fallback={<Backdrop busy />}>
          <Explorer
            key={opened.key}
            addresses={addresses}
            opened={opened}
            onChangeKey={() => setAsking({})}
            onRefused={refuse}
          />
        </Suspense>
      ) : (
        <Backdrop busy={waiting && !asking} />
      )}
      {asking && (
        <KeyDialog
          refusal={asking.refusal}
          waiting={waiting}
          current={opened?.key}
          onKey={open}
          onForget={forget}
          onCancel={opened ? () => setAsking(null) : undefined}
        />
      )}
    </>
  );
}

function useFirstKey(open) {
  useEffect(() => {
    if (firstKey) void open(firstKey);
  }, [open]);
}

/** A demo link clicked while the page is open changes the fragment only: no reload, so it is watched for. */
function useKeyInLaterLinks(open) {
  useEffect(() => {
    const take = () => {
      const key = takeKeyFromAddress();
      if (key) void open(key);
    };
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, [open]);
}

function Backdrop({ busy }) {
  return <div className="patron-backdrop">{busy && <p role="status">Opening the schema…</p>}</div>;
}
