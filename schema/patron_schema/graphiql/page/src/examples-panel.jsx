// The list of example operations at the side, by owner: the core first, then each plugin. Choosing one goes to its tab,
// or opens it again where that was closed or changed.

import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { Kind } from "graphql";
import { createContext, use, useEffect, useState } from "react";
import { byOwner, parsed } from "./examples.js";

export const ExamplesContext = createContext({ fitting: [], others: [] });

export const EXAMPLES_PLUGIN = { title: "Examples", icon: ExamplesIcon, content: ExamplesPanel };

function ExamplesPanel() {
  const { fitting, others } = use(ExamplesContext);
  const open = useOpenExample();
  const current = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.query);

  return (
    <section className="patron-examples" aria-label="Examples">
      <h2>Examples</h2>
      {byOwner(fitting).map(([owner, members]) => (
        <div key={owner}>
          <h3>{owner}</h3>
          <ul>
            {members.map((example) => (
              <li key={example.title}>
                <button type="button" aria-current={example.query === current} onClick={() => open(example)}>
                  <span>{example.title}</span>
                  {example.type !== "query" && <em>{example.type}</em>}
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
      {others.length > 0 && <NotForThisKey others={others} />}
    </section>
  );
}

function NotForThisKey({ others }) {
  const owners = [...new Set(others.map(({ owner }) => owner))].join(", ");
  const many = others.length > 1;
  return (
    <p className="patron-others">
      {others.length} more {many ? "need" : "needs"} fields that this key does not see ({owners}).
    </p>
  );
}

/** Goes to the tab that holds an example, or opens a new one and fills it once the editor has taken it over. */
function useOpenExample() {
  const { addTab, changeTab, setOperationFacts } = useGraphiQLActions();
  const { tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL(
    pick("tabs", "activeTabIndex", "queryEditor", "variableEditor"),
  );
  const [filling, setFilling] = useState(null); // { example, tab }: what goes into which new tab

  useEffect(() => {
    if (!filling || activeTabIndex !== filling.tab) return;
    queryEditor?.setValue(filling.example.query);
    variableEditor?.setValue(filling.example.variables);
    setFilling(null);
  }, [filling, activeTabIndex, queryEditor, variableEditor]);

  return (example) => {
    const found = tabs.findIndex(({ query }) => query === example.query);
    if (found === activeTabIndex) return;
    if (found >= 0) return changeTab(found);
    // GraphiQL writes what it knows of the current operation into the tab it leaves; just after a switch of tabs that is
    // still the name of the one before.
    setOperationFacts(factsOf(queryEditor.getValue()));
    setFilling({ example, tab: tabs.length });
    addTab();
  };
}

function factsOf(query) {
  const documentAST = parsed(query) ?? undefined;
  const operations = documentAST?.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return { documentAST, operations, operationName: operations?.[0]?.name?.value };
}

function ExamplesIcon(attributes) {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" {...attributes}>
      <path d="M10 5.2C8.3 3.8 5.8 3.3 2.5 3.5v11.6c3.3-.2 5.8.3 7.5 1.7 1.7-1.4 4.2-1.9 7.5-1.7V3.5c-3.3-.2-5.8.3-7.5 1.7Z" />
      <path d="M10 5.2v11.6" />
    </svg>
  );
}
