/**
 * The result of one check. `problem`: fix it. `warning`: it may be intended. `unknown`: the check could not run.
 * `fact` says what was found, `fix` what to do, and is null for `ok`.
 */
export type DoctorFinding = {
  check: string
  state: 'ok' | 'warning' | 'problem' | 'unknown'
  fact: string
  fix: string | null
}

export const ok = (check: string, fact: string): DoctorFinding => ({ check, state: 'ok', fact, fix: null })
export const warning = (check: string, fact: string, fix: string): DoctorFinding => ({
  ...{ check, state: 'warning', fact, fix },
})
export const problem = (check: string, fact: string, fix: string): DoctorFinding => ({
  ...{ check, state: 'problem', fact, fix },
})
export const unknown = (check: string, fact: string, fix: string): DoctorFinding => ({
  ...{ check, state: 'unknown', fact, fix },
})
