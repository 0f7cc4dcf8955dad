/** Bytes in the largest unit that leaves a number of one or more; a memory's gigabyte has 1024 megabytes. */
const STEP = 1024
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
export type ByteUnit = (typeof UNITS)[number]

export function byteUnitOf(bytes: number): ByteUnit {
  let place = 0
  for (let rest = Math.abs(bytes); rest >= STEP && place < UNITS.length - 1; rest /= STEP) place++
  return UNITS[place] as ByteUnit
}

export function inByteUnit(bytes: number, unit: ByteUnit): number {
  return bytes / STEP ** UNITS.indexOf(unit)
}
