import { useFormatter } from 'use-intl'
import { byteUnitOf, inByteUnit } from '@/lib/amount'

const CENTS = 100

/** Writes amounts as people read them: bytes in their unit, money in its currency, the rest as a number. */
export function useUnits() {
  const { number } = useFormatter()
  function amount(value: number, unit: string) {
    if (unit !== 'bytes') return number(value)
    const inUnit = byteUnitOf(value)
    return number(inByteUnit(value, inUnit), {
      style: 'unit',
      unit: inUnit,
      unitDisplay: inUnit === 'byte' ? 'long' : 'short',
      maximumFractionDigits: 1,
    })
  }
  function money(cents: number, currency: string, leastDigits: number) {
    return number(cents / CENTS, {
      style: 'currency',
      currency: currency.toUpperCase(),
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: leastDigits,
      // Fractions of a cent count in prices of single uses.
      maximumFractionDigits: Number.isInteger(cents) ? 2 : 4,
    })
  }
  /** Whole prices read better without cents. */
  function price(cents: number, currency: string) {
    return money(cents, currency, cents % CENTS === 0 ? 0 : 2)
  }
  /** Sums stand below each other. */
  function sum(cents: number, currency: string) {
    return money(cents, currency, 2)
  }
  return { amount, price, sum }
}
