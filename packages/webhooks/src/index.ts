export { findAddressProblem, isAddressAllowed, type Lookup } from './addresses.ts'
export { createSealer, type Sealer } from './sealed-secrets.ts'
