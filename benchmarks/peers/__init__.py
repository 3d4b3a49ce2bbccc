"""Those who are measured side by side, each a process of its own on the same data. A room per peer, each with one `Peer`."""
