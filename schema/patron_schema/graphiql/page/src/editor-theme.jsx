// The editor's colours, which are not CSS: GraphiQL's own two themes with Patron's accent and grounds in them.

import { pick, useGraphiQL, useMonaco } from "@graphiql/react";
import { useEffect } from "react";

export const EDITOR_THEMES = { light: "patron-light", dark: "patron-dark" };

const LIGHT = { base: "vs", accent: "#0f766e", ground: "#ffffff", argument: "3b5bb5", field: "8a3b12", input: "#1f2d3311" };
const DARK = { base: "vs-dark", accent: "#5eead4", ground: "#172124", argument: "8ab4ff", field: "9cdcfe", input: "#dce6e711" };

/** Makes the themes known once the editor is loaded, and puts on the one in use. */
export function EditorTheme() {
  const monaco = useMonaco((state) => state.monaco);
  const { monacoTheme } = useGraphiQL(pick("monacoTheme"));
  useEffect(() => {
    if (!monaco) return;
    monaco.editor.defineTheme(EDITOR_THEMES.light, themeOf(LIGHT));
    monaco.editor.defineTheme(EDITOR_THEMES.dark, themeOf(DARK));
    monaco.editor.setTheme(monacoTheme);
  }, [monaco, monacoTheme]);
  return null;
}

function themeOf({ base, accent, ground, argument, field, input }) {
  const faint = `${accent}1f`;
  const none = "#00000000";
  return {
    base,
    inherit: true,
    rules: [
      { token: "argument.identifier.gql", foreground: argument },
      { token: "key.identifier.gql", foreground: field },
    ],
    colors: {
      "editor.background": none,
      "scrollbar.shadow": none,
      focusBorder: accent,
      highlight: accent,
      "input.background": input,
      "textLink.foreground": accent,
      "textLink.activeForeground": accent,
      "editorLink.activeForeground": accent,
      "editorHoverWidget.background": ground,
      "editorSuggestWidget.background": ground,
      "editorSuggestWidget.selectedBackground": faint,
      "editorSuggestWidget.selectedForeground": accent,
      "editorSuggestWidget.selectedIconForeground": accent,
      "editorSuggestWidget.highlightForeground": accent,
      "editorSuggestWidget.focusHighlightForeground": accent,
      "editorWidget.background": ground,
      "editorWidget.resizeBorder": accent,
      "list.hoverBackground": faint,
      "list.highlightForeground": accent,
      "list.focusHighlightForeground": accent,
      "menu.background": ground,
      "menu.selectionBackground": faint,
      "menu.selectionForeground": accent,
      "pickerGroup.foreground": accent,
      "quickInput.background": ground,
      "quickInputList.focusBackground": faint,
      "quickInputList.focusForeground": accent,
      "toolbar.hoverBackground": faint,
      "inputOption.hoverBackground": faint,
    },
  };
}
