// The small dialog that asks for the API key. A native modal <dialog>: focus stays inside, Escape cancels where there is
// something to go back to, and what is wrong is announced.

import { useEffect, useId, useRef, useState } from "react";
import { Mark } from "./mark.jsx";

export function KeyDialog({ refusal, waiting, current, onKey, onForget, onCancel }) {
  const dialog = useRef(null);
  const input = useRef(null);
  const [text, setText] = useState("");
  const [shown, setShown] = useState(false);
  const id = useId();

  useEffect(() => {
    if (!dialog.current.open) dialog.current.showModal();
  }, []);
  useEffect(() => {
    if (refusal) input.current.select();
  }, [refusal]);

  const submit = (event) => {
    event.preventDefault();
    if (!waiting) onKey(text.trim());
  };
  const cancel = (event) => {
    event.preventDefault();
    onCancel?.();
  };

  return (
    <dialog ref={dialog} className={current ? "patron-key patron-over" : "patron-key"} aria-labelledby={`${id}-title`} onCancel={cancel}>
      <form onSubmit={submit} autoComplete="off">
        <header>
          <Mark size={44} />
          <div>
            <h1 id={`${id}-title`}>{current ? "Change the API key" : "Welcome to Patron"}</h1>
            <p>{current ? `In use: the key ending in “${current.slice(-4)}”.` : "Explore the customer graph with your API key."}</p>
          </div>
        </header>
        <label htmlFor={`${id}-key`}>API key</label>
        <div className="patron-key-field">
          <input
            ref={input}
            id={`${id}-key`}
            name="patron-api-key"
            type={shown ? "text" : "password"}
            value={text}
            onChange={(event) => setText(event.target.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            required
            aria-invalid={refusal ? true : undefined}
            aria-describedby={`${id}-note${refusal ? ` ${id}-refusal` : ""}`}
          />
          <button type="button" className="patron-plain" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? "Hide" : "Show"}
          </button>
        </div>
        {refusal && (
          <p id={`${id}-refusal`} className="patron-refusal" role="alert">
            {refusal}
          </p>
        )}
        <p id={`${id}-note`} className="patron-note">
          It stays in this browser tab and is forgotten when the tab is closed. To make one, run{" "}
          <code>patron key create</code>; <code>patron demo</code> prints links that carry one.
        </p>
        <footer>
          {current && (
            <button type="button" className="patron-plain patron-forget" onClick={onForget}>
              Forget key
            </button>
          )}
          {onCancel && (
            <button type="button" className="patron-plain" onClick={onCancel}>
              Cancel
            </button>
          )}
          <button type="submit" className="patron-main" disabled={waiting}>
            {waiting ? "Checking…" : "Open"}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
