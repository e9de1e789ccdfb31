import type { TemplateSource } from '../domain/template-source';
import { faultsOf } from './template-faults';

const source = (more: Partial<TemplateSource>): TemplateSource => ({
  subject: 'Hello {{ name }}',
  preview: '',
  text: 'Hello {{ name }}',
  body: '<mj-text>Hello {{ name }}</mj-text>',
  sms: null,
  push: null,
  ...more,
});
const known = new Set(['name', 'lines', 'total', 'token', 'count']);
const found = (more: Partial<TemplateSource>, needed: string[] = []) =>
  faultsOf(source(more), known, needed).map(({ pointer, code, line, column }) => [pointer, code, line, column]);
const inBody = (body: string) => found({ body }).map(([, code, line, column]) => [code, line, column]);

describe('templates that people write', () => {
  it('may say what letters say', () => {
    expect(
      inBody(`<mj-text mj-class="title">{% if count > 1 %}Many{% else %}One{% endif %} &lt; all</mj-text>
{% if total %}<mj-table>{% for line in lines %}<tr><td class="num">{{ line.total | money }}</td></tr>{% endfor %}</mj-table>{% endif %}
<mj-button href="{{ publicUrl }}/x/{{ token }}">Go</mj-button><mj-text mj-class="soft"><a href="https://example.org">There</a><br/></mj-text>`),
    ).toEqual([]);
  });

  it.each([
    ['a tag that reads other templates', `<mj-text>\n {% include 'x' %}</mj-text>`, 'tag-not-allowed', 2, 2],
    ['an unknown tag', '{% frobnicate %}', 'tag-not-allowed', 1, 1],
    ['raw markup of the data', '<mj-text>{{ name | raw }}</mj-text>', 'filter-not-allowed', 1, 18],
    ['an unknown filter', '<mj-text>{{ name | frob }}</mj-text>', 'syntax', 1, 10],
    ['a tag without its end', '\n{% if name %}<mj-text>x</mj-text>', 'syntax', 2, 1],
    ['a loop over numbers', '<mj-text>\n{% for n in (1..1000000000) %}x{% endfor %}</mj-text>', 'loop-unbounded', 2, 1],
    ['a loop over as many as the data says', '{% for n in (1..count) %}{% endfor %}', 'loop-unbounded', 1, 1],
    [
      'loops within loops within loops',
      '{% for a in lines %}{% for b in lines %}{% for c in lines %}{% endfor %}{% endfor %}{% endfor %}',
      'loops-nested',
      1,
      41,
    ],
    ['a variable that nobody gives', '<mj-text>{{ nobody }}</mj-text>', 'variable-missing', 1, 13],
    ['the prototype of an object', '<mj-text>{{ constructor }}</mj-text>', 'variable-missing', 1, 13],
    ['a script', '<mj-text>\n\n<script>alert(1)</script></mj-text>', 'script', 3, 1],
    ['a script in capitals', '<mj-text><SCRIPT>1</SCRIPT></mj-text>', 'script', 1, 10],
    ['a handler', '<mj-text><b onclick="x()">x</b></mj-text>', 'script', 1, 10],
    ['a picture', '<mj-text><img src="https://evil.example/x.png"></mj-text>', 'remote-resource', 1, 10],
    ['a picture by MJML', '<mj-image src="https://evil.example/x.png" />', 'remote-resource', 1, 1],
    ['a file by MJML', '<mj-include path="/etc/passwd" />', 'remote-resource', 1, 1],
    ['a background', '<mj-text><b style="background:url(//evil)">x</b></mj-text>', 'remote-resource', 1, 10],
    ['a link that runs', '<mj-text><a href="javascript:x()">x</a></mj-text>', 'link-not-allowed', 1, 10],
    [
      'a link that runs at times',
      '<mj-text><a href="{% if name %}javascript:x(){% endif %}">x</a></mj-text>',
      'link-not-allowed',
      1,
      10,
    ],
    ['raw MJML', '<mj-raw><b>x</b></mj-raw>', 'markup-not-allowed', 1, 1],
    ['a comment', '<mj-text><!-- [if mso]> x --></mj-text>', 'markup-not-allowed', 1, 10],
    ['an attribute without quotes', '<mj-text><a href=https://x>x</a></mj-text>', 'markup-not-allowed', 1, 10],
  ])('may not hold %s', (_what, body, code, line, column) => {
    expect(inBody(body)).toContainEqual([code, line, column]);
  });

  it('must show what they are worth something by, and be no longer than letters are', () => {
    expect(found({}, ['token'])).toEqual([
      ['/text', 'variable-unused', undefined, undefined],
      ['/body', 'variable-unused', undefined, undefined],
    ]);
    expect(found({ subject: 'x'.repeat(301), sms: '{{ nobody }}' })).toEqual([
      ['/subject', 'too-long', undefined, undefined],
      ['/sms', 'variable-missing', 1, 4],
    ]);
  });
});
