import { hashSource } from './page-headers.ts'

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif;
  --line: #8886; --accent: #2563eb; --soft: #8881 }
body { margin: 0; padding: 1.5rem clamp(1rem, 4vw, 3rem) }
body.narrow { display: grid; place-items: center; min-height: 100vh; padding: 0; background: var(--soft) }
.narrow main { width: min(25rem, 100vw - 5rem); padding: 2rem; border: 1px solid var(--line); border-radius: .75rem;
  background: Canvas }
h1 { font-size: 1.25rem; margin: 0 0 1.25rem }
p { margin: 0 0 1rem }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-bottom: 1.25rem }
a { color: LinkText }
label { display: block; font-weight: 600 }
input { box-sizing: border-box; width: 100%; padding: .55rem .7rem; font: inherit; margin: .35rem 0 1rem;
  border: 1px solid var(--line); border-radius: .4rem }
button { font: inherit; font-weight: 600; width: 100%; padding: .55rem 1rem; border: 0; border-radius: .4rem;
  background: var(--accent); color: #fff; cursor: pointer }
.hint { margin: 1.25rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem }
code, pre { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; margin: 0 }
output { display: block; margin-top: 1rem }
output:empty { display: none }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-top: 1px solid var(--line);
  overflow-wrap: break-word }
th { white-space: nowrap }
`

/** The source of the style of every page of `ops`, for its security headers. */
export const styleSource = hashSource(style)

/** Returns a page. `body` is HTML. */
export const renderPage = ({
  title,
  body,
  narrow = false,
}: {
  title: string
  body: string
  narrow?: boolean
}) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body${narrow ? ' class="narrow"' : ''}>
${body}
</body>
</html>
`
