import { test as base, describe, expect } from 'vitest'
import { cleanUp, fileFixture, withCleanUp } from './clean-up.ts'

const cleaned: string[] = []

const test = base.extend(
  'resource',
  { scope: 'file' },
  fileFixture(async () => {
    cleanUp(async () => cleaned.push('resource'))
    return { open: () => !cleaned.includes('resource') }
  }),
)

describe('cleanUp', () => {
  test('runs at the end of the test that registers it', () => {
    cleanUp(async () => cleaned.push('test'))
    expect(cleaned).toEqual([])
  })

  test('has run when the next test begins', () => {
    expect(cleaned).toEqual(['test'])
  })
})

describe('a file fixture', () => {
  test('is open in the first test that uses it', ({ resource }) => {
    expect(resource.open()).toBe(true)
  })

  test('is still open in the next test', ({ resource }) => {
    expect(resource.open()).toBe(true)
  })

  test('runs all registered work when vitest cleans it up', async () => {
    const order: string[] = []
    const fixture = fileFixture(async () => {
      cleanUp(async () => order.push('first'))
      await Promise.resolve()
      cleanUp(async () => order.push('second'))
      return 'value'
    })
    const works: (() => Promise<void>)[] = []
    expect(await fixture({}, { onCleanup: (work) => works.push(work) })).toBe('value')
    expect(order).toEqual([])
    await Promise.all(works.map((work) => work()))
    expect(order).toEqual(['first', 'second'])
  })

  test('runs the registered work when it fails to open', async () => {
    const order: string[] = []
    const fixture = fileFixture(async () => {
      cleanUp(async () => order.push('first'))
      throw new Error('no port')
    })
    await expect(fixture({}, { onCleanup: () => undefined })).rejects.toThrow('no port')
    expect(order).toEqual(['first'])
  })
})

describe('withCleanUp', () => {
  test('runs the registered work at its end, the latest first', async () => {
    const order: string[] = []
    const value = await withCleanUp(async () => {
      cleanUp(async () => order.push('first'))
      await Promise.resolve()
      cleanUp(async () => order.push('second'))
      return [...order]
    })
    expect(value).toEqual([])
    expect(order).toEqual(['second', 'first'])
  })

  test('runs the registered work when its function throws', async () => {
    const order: string[] = []
    const run = withCleanUp(async () => {
      cleanUp(async () => order.push('first'))
      throw new Error('no port')
    })
    await expect(run).rejects.toThrow('no port')
    expect(order).toEqual(['first'])
  })
})
