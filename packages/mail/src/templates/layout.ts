import { type Content, type Html, html } from './content.ts'

type Entry = { heading: string; text: string; url: string | undefined }

/** A mail: its paragraphs, a list, at most one button, and small print. All texts are plain. */
export type Letter = {
  subject: string
  heading: string
  lines: readonly string[]
  entries?: readonly Entry[]
  /** The paragraphs below the list. */
  closing?: readonly string[]
  button?: { label: string; url: string } | undefined
  footer: readonly string[]
  /** A link below the small print. */
  link?: { label: string; url: string }
}

/** Returns a mail in both forms, from one description, so that they cannot differ. */
export const toContent = (letter: Letter): Content => ({
  subject: letter.subject,
  text: toText(letter),
  html: toHtml(letter).markup,
})

const toText = ({ heading, lines, entries = [], closing = [], button, footer, link }: Letter) =>
  [
    ...[heading, ...lines, ...entries.map(entryText), ...closing],
    ...[...(button ? [`${button.label}:\n${button.url}`] : []), '-- '],
    [...footer, ...(link ? [`${link.label}: ${link.url}`] : [])].join('\n'),
  ]
    .join('\n\n')
    .replace('-- \n\n', '-- \n')
    .concat('\n')

const entryText = ({ heading, text, url }: Entry) =>
  [`* ${heading}`, text, ...(url === undefined ? [] : [url])].join('\n  ')

const joined = (pieces: readonly Html[]): Html => ({ markup: pieces.map(({ markup }) => markup).join('\n') })

// Clients drop a stylesheet of the page, so each element has its own style. The colours hold on both backgrounds.
const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const breaking = 'overflow-wrap:anywhere;word-break:break-word'
const styles = {
  body: `margin:0;padding:0;background:#f3f4f6;${font}`,
  card: 'width:100%;max-width:560px;background:#ffffff;border-radius:8px',
  cell: 'padding:24px',
  heading: `margin:0 0 16px;font-size:20px;line-height:28px;color:#1b1f23;${breaking}`,
  line: `margin:0 0 16px;font-size:16px;line-height:24px;color:#1b1f23;${breaking}`,
  button:
    'display:inline-block;padding:12px 20px;border-radius:6px;background:#0b5cad;color:#ffffff;' +
    'font-size:16px;line-height:20px;font-weight:600;text-decoration:none',
  entries: 'width:100%;margin:0 0 8px',
  entry: 'padding:12px 0;border-top:1px solid #d8dee4',
  entryHeading: `margin:0 0 4px;font-size:16px;line-height:24px;font-weight:600;color:#1b1f23;${breaking}`,
  entryText: `margin:0;font-size:15px;line-height:22px;color:#424a53;${breaking}`,
  small: `margin:0 0 8px;font-size:13px;line-height:20px;color:#57606a;${breaking}`,
  link: 'color:#0b5cad',
}

const entryTitle = ({ heading, url }: Entry) =>
  url === undefined ? html`${heading}` : html`<a href="${url}" style="${styles.link}">${heading}</a>`

const entryHtml = (entry: Entry) => html`<tr><td style="${styles.entry}">
<p style="${styles.entryHeading}">${entryTitle(entry)}</p>
<p style="${styles.entryText}">${entry.text}</p>
</td></tr>`

const listHtml = (entries: readonly Entry[]) =>
  html`<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="${styles.entries}">
${joined(entries.map(entryHtml))}
</table>`

const paragraphs = (lines: readonly string[]) =>
  joined(lines.map((line) => html`<p style="${styles.line}">${line}</p>`))

const toHtml = ({ subject, heading, lines, entries = [], closing = [], button, footer, link }: Letter) =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light">
<title>${subject}</title>
</head>
<body style="${styles.body}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td align="center" style="padding:16px 8px">
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="${styles.card}">
<tr><td style="${styles.cell}">
<h1 style="${styles.heading}">${heading}</h1>
${paragraphs(lines)}
${entries.length > 0 ? listHtml(entries) : html``}
${paragraphs(closing)}
${button ? html`<p style="margin:0"><a href="${button.url}" style="${styles.button}">${button.label}</a></p>` : html``}
</td></tr>
</table>
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:560px">
<tr><td style="padding:16px 24px">
${joined(footer.map((line) => html`<p style="${styles.small}">${line}</p>`))}
${link ? html`<p style="${styles.small}"><a href="${link.url}" style="${styles.link}">${link.label}</a></p>` : html``}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`
