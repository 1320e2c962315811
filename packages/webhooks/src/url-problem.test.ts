import { expect, test } from 'vitest'
import { findUrlProblem } from './url-problem.ts'

test.for([
  'https://hooks.example/',
  'http://hooks.example:8080/a?b=c',
  'HTTPS://hooks.example',
  'https://bücher.example/',
  `https://hooks.example/${'x'.repeat(2_026)}`,
])('the URL %s has no problem', (url) => {
  expect(findUrlProblem(url)).toBeUndefined()
})

test.for([
  ['', 'absolute'],
  ['hooks.example', 'absolute'],
  ['//hooks.example/', 'absolute'],
  ['https://', 'absolute'],
  ['https://hooks.example:99999/', 'absolute'],
  [' https://hooks.example/', 'absolute'],
  ['https://hooks.exam\nple/', 'absolute'],
  ['https://[fe80::1%25eth0]/', 'absolute'],
  ['ftp://hooks.example/', 'must begin with'],
  ['javascript:alert(1)', 'must begin with'],
  ['file:///etc/passwd', 'must begin with'],
  ['https://ada@hooks.example/', 'user name'],
  ['https://:secret@hooks.example/', 'user name'],
  ['https://hooks.example/#', 'fragment'],
  ['https://hooks.example/#top', 'fragment'],
  [`https://hooks.example/${'x'.repeat(2_027)}`, 'at most 2048 characters'],
  [`https://hooks.example/${'é'.repeat(400)}`, 'at most 2048 characters'],
] as const)('the URL "%s" has the problem "%s"', ([url, problem]) => {
  expect(findUrlProblem(url)).toContain(problem)
})
