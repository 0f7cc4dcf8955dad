import type { Contribution } from './queries'

/** The channels in the order of their colours; Tailwind finds only classes that are written out. */
export const CHANNELS = {
  neural: 'bg-series-1',
  lexical: 'bg-series-2',
  sparse: 'bg-series-5',
  knowledge: 'bg-series-3',
  temporal: 'bg-series-7',
  conceptual: 'bg-series-6',
  rerank: 'bg-series-4',
} as const
export type Channel = keyof typeof CHANNELS

export function isChannel(name: string): name is Channel {
  return name in CHANNELS
}

export type Part = { channel: Channel; units: number; weight: number; value: number; rank: number | null }

/** What took part in a score, the largest contribution first. A value is what a channel gave before it was weighed. */
export function partsOf(contributions: Contribution[]): Part[] {
  return contributions
    .flatMap(({ channel, weight, rank, contribution_units: units }): Part[] =>
      isChannel(channel) && weight > 0
        ? [
            {
              channel,
              units: units ?? 0,
              weight,
              value: (units ?? 0) / 1_000_000 / weight,
              rank: rank ?? null,
            },
          ]
        : [],
    )
    .sort((one, other) => other.units - one.units)
}
