"""The HTTP headers that keep the GraphiQL page to itself: its Content-Security-Policy and what goes with it."""

from __future__ import annotations

from typing import Final

__all__ = ["PAGE_HEADERS", "POLICY"]

# Everything is refused that is not named. Scripts and workers are files of this host, never inline and never blob:.
# Styles may be inline, for the editor positions its lines with style attributes; its icons and fonts are data: in the
# style sheet. 'self' in connect-src covers ws: and wss: of the same host (CSP 3).
POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)

# Workers take the policy of their own script's answer, so assets carry these headers as the page does.
PAGE_HEADERS: Final = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
