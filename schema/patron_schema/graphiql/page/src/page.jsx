// The entry of the page: reads where the API is from the element the server wrote, and shows the key dialog at once;
// the editor (some megabytes) is loaded while the key is typed.

import { createRoot } from "react-dom/client";
import { App } from "./app.jsx";

const root = document.getElementById("patron");
const { endpoint, subscriptions, examples } = root.dataset;

createRoot(root).render(<App addresses={{ endpoint, subscriptions: socketAddress(subscriptions), examples }} />);

/** The ws: or wss: address of a path on this host. */
function socketAddress(path) {
  const address = new URL(path, window.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
