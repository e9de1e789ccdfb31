/** A template as people write it: Liquid, the body in MJML. */
export interface TemplateSource {
  subject: string;
  /** What inboxes show after the subject. */
  preview: string;
  text: string;
  body: string;
  sms: string | null;
  push: { title: string; body: string; link: string | null } | null;
}

/** Something that is wrong with a template, and where: `line` and `column` from 1. */
export interface TemplateFault {
  pointer: string;
  code:
    | 'too-long'
    | 'syntax'
    | 'tag-not-allowed'
    | 'filter-not-allowed'
    | 'loop-unbounded'
    | 'loops-nested'
    | 'variable-missing'
    | 'variable-unused'
    | 'markup-not-allowed'
    | 'remote-resource'
    | 'script'
    | 'link-not-allowed'
    | 'picture-address'
    | 'picture-file'
    | 'picture-alt'
    | 'picture-size'
    | 'mjml';
  detail: string;
  line?: number;
  column?: number;
}
