/**
 * How letters are made of MJML: what is common to all of them, and one letter's own components within it. Compiled once, by
 * `npm run letters` for the product's letters and in a thread for an organization's own; Liquid goes through untouched.
 */

/** Options of the compiler: no font of another host is linked, nothing is read from disk. */
export const COMPILER_OPTIONS = { validationLevel: 'soft', ignoreIncludes: true, fonts: {}, minify: false } as const;

/** Components whose content is text and markup, not further components. */
const WITH_TEXT = new Set(['mj-text', 'mj-button', 'mj-table', 'mj-raw']);
/** Components that a letter is made of. */
export const COMPONENTS: readonly string[] = [...WITH_TEXT, 'mj-divider', 'mj-spacer', 'mj-image'];

/** Colours of the organization, while the compiler looks at them: it takes no Liquid for a colour. */
const COLOURS: [string, string][] = [
  ['#1f5efe', `{{ brand.primaryColor | default: '#1f5eff' }}`],
  ['#fffffe', `{{ brand.textColor | default: '#ffffff' }}`],
];
export const BEGINS = '@@letter-begins@@';
const ENDS = '@@letter-ends@@';
const PREVIEW = '@@preview@@';

const CELL = 'padding:11px 0;border-bottom:1px solid #e1e5ea;vertical-align:top';
/** Styles of table cells by their class; mail programs want them on the cell itself. */
const CELLS: Record<string, string> = {
  '': CELL,
  num: `${CELL};text-align:right;white-space:nowrap;padding-left:16px;font-variant-numeric:tabular-nums`,
  right: `${CELL};text-align:right;padding-left:16px`,
};

const FONT = `-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif`;

/** The frame around every letter. Nothing comes from another host but an organization's logo and own pictures. */
const FRAME = (letter: string): string => `<mjml lang="en">
<mj-head>
<mj-title>{{ sender }}</mj-title>
<mj-preview>${PREVIEW}</mj-preview>
<mj-raw><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"></mj-raw>
<mj-attributes>
<mj-all font-family="${FONT}" />
<mj-text font-size="16px" line-height="1.55" color="#1c2430" padding="0 36px 16px" />
<mj-button background-color="#1f5efe" color="#fffffe" font-size="16px" font-weight="600" border-radius="8px" inner-padding="13px 26px" padding="10px 36px 26px" align="left" />
<mj-table font-size="15px" line-height="1.5" color="#1c2430" padding="4px 36px 20px" cellpadding="0" />
<mj-image padding="4px 36px 20px" align="left" border-radius="8px" font-size="15px" />
<mj-divider border-width="1px" border-color="#e1e5ea" padding="8px 36px 22px" />
<mj-class name="title" font-size="24px" line-height="1.3" font-weight="700" padding="0 36px 16px" css-class="title" />
<mj-class name="soft" font-size="14px" color="#5d6877" css-class="soft" />
<mj-class name="code" font-size="36px" line-height="1.2" font-weight="700" letter-spacing="8px" padding="6px 36px 20px" />
</mj-attributes>
<mj-style>
a{color:#1f5efe}
.soft div,.foot div{overflow-wrap:anywhere}
@media (max-width:480px){.sheet td>div,.sheet td>table{max-width:100%}.title div{font-size:22px!important}}
@media (prefers-color-scheme:dark){
body,body>div,.page{background:#11151b!important;background-color:#11151b!important}
.sheet,.sheet>table{background:#1a2029!important;background-color:#1a2029!important}
.sheet div,.sheet td{color:#e8ecf2!important;border-color:#2b3442!important}
.sheet .soft div,.sheet span,.foot div,.head div{color:#98a4b5!important}
.sheet a:not([style]),.foot a{color:#7ba2ff!important}
}
</mj-style>
</mj-head>
<mj-body background-color="#eef1f5" width="600px" css-class="page">
<mj-section padding="30px 12px 16px"><mj-column>
<mj-text align="center" font-size="16px" font-weight="600" color="#3b4553" padding="0" css-class="head">{% if brand.logoUrl %}<img src="{{ brand.logoUrl }}" alt="{{ sender }}" height="40" style="height:40px;max-width:240px;border:0;display:inline-block">{% else %}{{ sender }}{% endif %}</mj-text>
</mj-column></mj-section>
<mj-section padding="0" background-color="#1f5efe" border-radius="12px 12px 0 0"><mj-column><mj-spacer height="5px" /></mj-column></mj-section>
<mj-section padding="34px 0 20px" background-color="#ffffff" border-radius="0 0 12px 12px" css-class="sheet"><mj-column>
<mj-raw>${BEGINS}</mj-raw>${letter}<mj-raw>${ENDS}</mj-raw>
</mj-column></mj-section>
<mj-section padding="18px 12px 36px"><mj-column>
<mj-text align="center" font-size="12px" line-height="1.6" color="#5d6877" padding="0 24px" css-class="foot">Sent by {{ sender }}{% if brand.tagline %}<br>{{ brand.tagline }}{% endif %}{% if unsubscribeUrl %}<br><a href="{{ unsubscribeUrl }}" style="color:#5d6877">Unsubscribe</a>{% endif %}</mj-text>
</mj-column></mj-section>
</mj-body>
</mjml>`;

/** What a compiled document is taken apart into. */
export interface CompiledParts {
  /** The frame before and after the letter, the same for all. */
  before: string;
  after: string;
  /** The letter's own rows. */
  body: string;
}

/** The MJML document of a letter. */
export const documentOf = (letter: string): string => FRAME(dressed(letter));

/** Liquid between components goes into raw ones, and table cells get the styles of their class. */
function dressed(letter: string): string {
  let within: string | null = null;
  return letter
    .split(/(<\/?mj-[a-z]+\b[^>]*>|\{%[^%]*%\}|\{\{[^}]*\}\})/)
    .map((part, at) => {
      if (at % 2 === 0) return within === 'mj-table' ? cells(part) : part;
      const tag = /^<(\/?)(mj-[a-z]+)/.exec(part);
      if (tag) {
        if (WITH_TEXT.has(tag[2]) && !part.endsWith('/>')) within = tag[1] ? null : tag[2];
        return part;
      }
      return within === null ? `<mj-raw>${part}</mj-raw>` : part;
    })
    .join('');
}

const cells = (html: string): string =>
  html
    .replace(
      /<td(?: class="([a-z]+)")?(?= |>)/g,
      (_all, name: string | undefined = '') => `<td style="${CELLS[name] ?? CELL}"`,
    )
    .replace(/<span class="soft">/g, '<span style="color:#5d6877;font-size:13px">')
    .replace(/<tr class="total">/g, '<tr style="font-weight:700">');

/** Takes a compiled document apart. @throws Error where it is none of `documentOf` */
export function partsOf(html: string): CompiledParts {
  const begins = html.indexOf(BEGINS);
  const ends = html.indexOf(ENDS);
  if (begins < 0 || ends < begins) throw new Error('The compiler lost the letter.');
  const tidy = (part: string): string =>
    COLOURS.reduce(
      (text, [colour, liquid]) => text.replaceAll(colour, liquid),
      part.replace(/[ \t]*\n\s*/g, '\n').trim(),
    );
  return {
    before: tidy(html.slice(0, begins)),
    body: tidy(html.slice(begins + BEGINS.length, ends)),
    after: tidy(html.slice(ends + ENDS.length)),
  };
}

/** The whole letter in Liquid. */
export const assembled = (frame: Pick<CompiledParts, 'before' | 'after'>, body: string, preview: string): string =>
  frame.before.replace(PREVIEW, () => preview) + body + frame.after;
