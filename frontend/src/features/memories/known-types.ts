import { useQuery } from '@tanstack/react-query'
import { useOrg } from '@/hooks/use-account'
import { facetsQuery } from './queries'

/** The types that memories of the organisation have. */
export function useKnownTypes(): string[] {
  const facets = useQuery(facetsQuery(useOrg(), 'live', {}))
  return facets.data?.memory_type.values.map(({ value }) => String(value)) ?? []
}
