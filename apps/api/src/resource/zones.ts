import { getAllTimezones } from 'countries-and-timezones'

/** Stands in the IANA database for "no zone is set". */
const placeholder = 'Factory'

/** IANA names by their lower-case spelling, old names included. */
const zones = new Map(
  Object.keys(getAllTimezones({ deprecated: true })).flatMap((name) =>
    name === placeholder ? [] : [[name.toLowerCase(), name]],
  ),
)

/** Returns the IANA time zone in its own spelling, or undefined for any other text, UTC offsets included. */
export const findZone = (name: string): string | undefined => zones.get(name.toLowerCase())
