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

  it('may show pictures that say what they show, at an address that is the same for all', () => {
    expect(
      inBody(`<mj-text>Before</mj-text>
<mj-image src="https://cdn.example.com/shop/hat.png?w=600&amp;v=2" alt="{{ name }} in a red hat" width="300px" height="auto" href="{{ publicUrl }}" />
<mj-image alt="File" src="file:019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" /><mj-image alt='{{ name | default: "you" }}' src='https://cdn.example.com/you.jpg' />
<mj-image alt='Our shop' src='https://cdn.example.com/shop.jpg'></mj-image>{% if total %}<mj-text>After</mj-text>{% endif %}`),
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
    ['a picture without a text', '<mj-image src="https://cdn.example/x.png" />', 'picture-alt', 1, 1],
    ['a picture with an empty text', '\n<mj-image alt=" " src="https://cdn.example/x.png" />', 'picture-alt', 2, 1],
    ['a picture from nowhere', '<mj-image alt="x" />', 'picture-address', 1, 1],
    ['a picture without encryption', '<mj-image alt="x" src="http://cdn.example/x.png" />', 'picture-address', 1, 1],
    ['a picture in its address', '<mj-image alt="x" src="data:image/png;base64,AA" />', 'picture-address', 1, 1],
    [
      'a picture that tells who reads',
      '<mj-image alt="x" src="https://cdn.example/{{ token }}.png" />',
      'picture-address',
      1,
      1,
    ],
    [
      'a picture that tells whether there is something',
      '<mj-image alt="x" src="https://cdn.example/{% if name %}a{% endif %}.png" />',
      'picture-address',
      1,
      1,
    ],
    ['a picture with a password', '<mj-image alt="x" src="https://a:b@cdn.example/x" />', 'picture-address', 1, 1],
    ['a picture of a number', '<mj-image alt="x" src="https://0x7f000001/x" />', 'picture-address', 1, 1],
    ['a picture that hides', '<mj-image alt="x" src="https://cdn.example/&#123;x" />', 'picture-address', 1, 1],
    ['a file by its name', '<mj-image alt="x" src="file:///etc/passwd" />', 'picture-address', 1, 1],
    ['a file that is filled in', '<mj-image alt="x" src="file:{{ token }}" />', 'picture-address', 1, 1],
    [
      'an attribute in another',
      `<mj-image alt='x" onload="y()' src="https://a.example/x" />`,
      'markup-not-allowed',
      1,
      1,
    ],
    [
      'a picture with two addresses',
      '<mj-image alt="x" src="https://a.example/x" src="//b" />',
      'remote-resource',
      1,
      1,
    ],
    [
      'a picture in several sizes',
      '<mj-image alt="x" src="https://a.example/x" srcset="//b 2x" />',
      'remote-resource',
      1,
      1,
    ],
    ['a picture that nobody sees', '<mj-image alt="x" src="https://a.example/x" width="1px" />', 'picture-size', 1, 1],
    [
      'a picture as wide as it likes',
      '<mj-image alt="x" src="https://a.example/x" width="50%" />',
      'picture-size',
      1,
      1,
    ],
    [
      'a picture that leads to a script',
      '<mj-image alt="x" src="https://a.example/x" href="javascript:x()" />',
      'link-not-allowed',
      1,
      1,
    ],
    [
      'a picture within a text',
      '<mj-text><mj-image alt="x" src="https://a.example/x" /></mj-text>',
      'markup-not-allowed',
      1,
      10,
    ],
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
