// GraphiQL for one accepted key: its fetcher, the example operations as tabs and as a list at the side, Patron's name
// and the key button at the top. A separate chunk, for it holds the editor.

import "./workers.js";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { ImagePreview, useGraphiQL } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useEffect, useMemo, useState } from "react";
import { createFetcher, INTROSPECTION } from "./api.js";
import { sortBySchema } from "./examples.js";
import { EDITOR_THEMES, EditorTheme } from "./editor-theme.jsx";
import { EXAMPLES_PLUGIN, ExamplesContext } from "./examples-panel.jsx";
import { Mark } from "./mark.jsx";
import { createStorage, prepareStorage } from "./storage.js";

// GraphiQL would fetch every picture address found in an answer, whoever's host it names. Patron's page asks nobody.
ImagePreview.shouldRender = () => false;

const PLUGINS = [EXAMPLES_PLUGIN, HISTORY_PLUGIN];
const EMPTY_TAB = "# Write an operation here. Ctrl-Space completes, Ctrl-Enter runs.\n";

export default function Explorer({ addresses, opened, onChangeKey, onRefused }) {
  const { key, introspection } = opened;
  const examples = useMemo(() => sortBySchema(opened.examples, introspection), [opened, introspection]);
  const fetcher = useFetcher({ addresses, key, first: introspection, onRefused });
  const tabs = useMemo(() => examples.fitting.map(({ query, variables }) => ({ query, variables })), [examples]);
  const storage = useMemo(() => {
    const made = createStorage(introspection);
    prepareStorage(made, tabs[0]);
    return made;
  }, [introspection, tabs]);
  if (!fetcher) return null;

  return (
    <ExamplesContext value={examples}>
      <GraphiQL
        fetcher={fetcher}
        plugins={PLUGINS}
        visiblePlugin={tabs.length > 0 ? EXAMPLES_PLUGIN : undefined}
        storage={storage}
        editorTheme={EDITOR_THEMES}
        shouldPersistHeaders={false}
        {...INTROSPECTION}
        defaultQuery={EMPTY_TAB}
        defaultTabs={tabs.length > 0 ? tabs : undefined}
        defaultEditorToolsVisibility={tabs.some(({ variables }) => variables) ? "variables" : undefined}
      >
        <EditorTheme />
        <ActiveTabInView />
        <GraphiQL.Logo>
          <Heading apiKey={key} onChangeKey={onChangeKey} />
        </GraphiQL.Logo>
      </GraphiQL>
    </ExamplesContext>
  );
}

/** A fetcher per key; the socket of the one before is closed. */
function useFetcher({ addresses, key, first, onRefused }) {
  const [made, setMade] = useState(null);
  useEffect(() => {
    const { fetcher, dispose } = createFetcher({ addresses, key, first, onRefused });
    setMade(() => fetcher);
    return dispose;
  }, [addresses, key, first, onRefused]);
  return made;
}

/** With many tabs the chosen one may lie outside what is shown of their row. */
function ActiveTabInView() {
  const activeTab = useGraphiQL(({ activeTabIndex }) => activeTabIndex);
  useEffect(() => {
    document.getElementById(`graphiql-session-tab-${activeTab}`)?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [activeTab]);
  return null;
}

function Heading({ apiKey, onChangeKey }) {
  return (
    <div className="patron-heading">
      <button type="button" className="patron-key-button" onClick={onChangeKey} title="Change or forget the API key">
        <span className="patron-visually-hidden">API key ending in</span>
        <span aria-hidden="true">Key •••• </span>
        {apiKey.slice(-4)}
      </button>
      <Mark size={26} />
      <span className="patron-name">Patron</span>
    </div>
  );
}
