import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { accountQuery } from '@/api/account'
import { answerOf, api, type Schemas } from '@/api/client'
import { useOrg, useRereadAccount } from '@/hooks/use-account'

export type Branding = Schemas['BrandingOutput']
export type Domain = Schemas['DomainOutput']
export type Organization = Schemas['OrganizationOutput']

export function organizationQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'organization'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/orgs/current', { signal })),
  })
}

export function policyQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'policy'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/orgs/current/settings', { signal })),
  })
}

export function brandingQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'branding'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/orgs/current/branding', { signal })),
  })
}

export function domainsQuery(org: string) {
  return queryOptions({
    queryKey: [org, 'domains'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/orgs/current/domains', { signal })),
  })
}

export function useRename(onDone: () => void) {
  const org = useOrg()
  const client = useQueryClient()
  const router = useRouter()
  return useMutation({
    mutationFn: (body: { name: string; slug: string }) => answerOf(api.PATCH('/api/v1/orgs/current', { body })),
    // Here and not by the caller, who begins anew with the new names.
    onSuccess: async (organization) => {
      onDone()
      client.setQueryData(organizationQuery(organization.slug).queryKey, organization)
      client.removeQueries({ queryKey: accountQuery.queryKey })
      // The address begins with the short name.
      if (organization.slug !== org)
        await router.navigate({ to: '/$org/settings/general', params: { org: organization.slug }, replace: true })
      await router.invalidate()
    },
  })
}

export function useDeleteOrganization() {
  return useMutation({
    mutationFn: (confirm: string) => answerOf(api.POST('/api/v1/orgs/current/delete', { body: { confirm } })),
  })
}

export function useSetPolicy() {
  const org = useOrg()
  const client = useQueryClient()
  const reread = useRereadAccount()
  return useMutation({
    mutationFn: (mfa_required: boolean) =>
      answerOf(api.PATCH('/api/v1/orgs/current/settings', { body: { mfa_required } })),
    onSuccess: async (policy) => {
      client.setQueryData(policyQuery(org).queryKey, policy)
      await reread()
    },
  })
}

function useBrandingMutation<Variables>(change: (given: Variables) => Promise<Branding | undefined>) {
  const org = useOrg()
  const client = useQueryClient()
  const reread = useRereadAccount()
  return useMutation({
    mutationFn: change,
    onSuccess: async (branding) => {
      if (branding) client.setQueryData(brandingQuery(org).queryKey, branding)
      else await client.invalidateQueries({ queryKey: brandingQuery(org).queryKey })
      await reread()
    },
  })
}

export function useSaveBranding() {
  return useBrandingMutation((body: Omit<Branding, 'logo_url'>) =>
    answerOf(api.PATCH('/api/v1/orgs/current/branding', { body })),
  )
}

export function useUploadLogo() {
  return useBrandingMutation((file: File) => {
    const body = new FormData()
    body.set('file', file)
    return answerOf(
      api.PUT('/api/v1/orgs/current/branding/logo', {
        // The types know files as texts.
        body: body as unknown as { file: string },
        bodySerializer: (given: unknown) => given as FormData,
      }),
    )
  })
}

export function useRemoveLogo() {
  return useBrandingMutation(() => answerOf(api.DELETE('/api/v1/orgs/current/branding/logo')))
}

export function useAddDomain() {
  return useDomainMutation((domain: string) => answerOf(api.POST('/api/v1/orgs/current/domains', { body: { domain } })))
}

export function useVerifyDomain() {
  return useDomainMutation((id: string) =>
    answerOf(api.POST('/api/v1/orgs/current/domains/{domain_id}/verify', { params: { path: { domain_id: id } } })),
  )
}

export function useRemoveDomain() {
  return useDomainMutation((id: string) =>
    answerOf(api.DELETE('/api/v1/orgs/current/domains/{domain_id}', { params: { path: { domain_id: id } } })),
  )
}

function useDomainMutation<Answer>(change: (given: string) => Promise<Answer>) {
  const org = useOrg()
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    // A check that fails is noted by the server, too.
    onSettled: () => client.invalidateQueries({ queryKey: domainsQuery(org).queryKey }),
  })
}
