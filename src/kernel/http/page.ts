/** Text for HTML: nothing of it is read as markup. */
export const escapeHtml = (text: unknown): string =>
  String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2430;--soft:#5d6877;--line:#e1e5ea;--accent:#1f5eff;--good:#12805c;--warn:#a86400;--bad:#c02b2b}
@media (prefers-color-scheme:dark){:root{--bg:#11151b;--card:#1a2029;--ink:#e8ecf2;--soft:#98a4b5;--line:#2b3442;--accent:#7ba2ff;--good:#4cc59a;--warn:#e5ad52;--bad:#f07a7a}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:46rem;margin:0 auto;padding:3rem 1.25rem}h1{font-size:1.7rem;margin:0 0 .25rem;letter-spacing:-.01em}h2{font-size:1.05rem;margin:2rem 0 .5rem}
p.lead{color:var(--soft);margin:0 0 1.75rem}.card{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden}
.card>a,.row{display:flex;gap:1rem;align-items:baseline;padding:.8rem 1.1rem;border-top:1px solid var(--line);color:inherit;text-decoration:none}
.card>:first-child{border-top:0}.card>a:hover,.card>a:focus-visible{background:color-mix(in srgb,var(--accent) 8%,transparent)}
.card b{flex:0 0 9.5rem;font-weight:600}.card>a b{color:var(--accent)}.card span{color:var(--soft);min-width:0;overflow-wrap:anywhere}
.tag{display:inline-block;font-size:.8rem;font-weight:600;padding:.1rem .55rem;border-radius:99px;border:1px solid currentcolor;flex:none;margin-left:auto}
.up{color:var(--good)}.degraded{color:var(--warn)}.down{color:var(--bad)}footer{color:var(--soft);font-size:.85rem;margin-top:2rem}
code{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:.92em}a{color:var(--accent)}
form{display:grid;gap:.8rem}input{font:inherit;width:100%;margin-top:.3rem;padding:.55rem .7rem;border:1px solid var(--line);border-radius:8px;background:var(--card);color:inherit}button{font:inherit;font-weight:600;padding:.6rem 1.1rem;border:0;border-radius:8px;background:var(--accent);color:#fff;cursor:pointer}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.5rem .8rem;border-top:1px solid var(--line);vertical-align:top}
@media (max-width:32rem){.card>a,.row{flex-wrap:wrap}.card b{flex-basis:100%}}
`;

/** The mark of the product in a browser's tab: a mast and two stays. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5eff"/><path d="M16 5v22M16 6 6 26h20z" fill="none" stroke="#fff" stroke-width="2.5" stroke-linejoin="round"/></svg>',
)}`;

/**
 * A small page of ours, complete in itself: no script, no foreign address. `body` is HTML; whatever comes from
 * elsewhere went through `escapeHtml`.
 */
export const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
  `<title>${escapeHtml(title)}</title><link rel="icon" href="${ICON}"><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;
