import { useQuery } from '@tanstack/react-query'
import { publicBrandingQuery } from './branding'

/** Whose domain this is; undefined on our own. */
export function useBrandName(): string | undefined {
  const { data } = useQuery(publicBrandingQuery)
  return data?.organization ? (data.name ?? data.organization.name) : undefined
}
