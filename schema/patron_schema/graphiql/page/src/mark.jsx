// Patron's mark: two people, one of them ours to look after. The same drawing as icon.svg, as an element.

export function Mark({ size }) {
  return (
    <svg className="patron-mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0f766e" />
      <g fill="none" strokeWidth="2.6" strokeLinecap="round">
        <circle cx="13.5" cy="12" r="5.2" stroke="#fff" />
        <path d="M5.5 26c.6-4.6 3.8-7 8-7s7.4 2.4 8 7" stroke="#fff" />
        <path d="M21.5 7.5a5.2 5.2 0 0 1 0 9M24.5 20.5c1.5 1.2 2.3 3 2.5 5.5" stroke="#5eead4" />
      </g>
    </svg>
  );
}
