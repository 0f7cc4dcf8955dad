import { useAccount } from '@/hooks/use-account'

/** Letter and name of the organisation one is in. */
export function OrganisationMark() {
  const { org } = useAccount()
  return (
    <>
      <span
        aria-hidden
        className="grid size-6 shrink-0 place-items-center rounded-md bg-accent text-xs font-semibold text-on-accent uppercase"
      >
        {org.name.slice(0, 1)}
      </span>
      <span className="truncate text-ui font-semibold">{org.name}</span>
    </>
  )
}
