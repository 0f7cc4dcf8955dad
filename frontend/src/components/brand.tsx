export function Brand() {
  return <BrandMark name="Lift OS" logoUrl={null} />
}

/** Logo and name of who runs this place: ours, or an organisation's on its own domain. */
export function BrandMark({ name, logoUrl }: { name: string; logoUrl: string | null }) {
  return (
    <span className="flex min-w-0 items-center gap-2.5 text-base font-semibold tracking-tight">
      <img
        src={logoUrl ?? `${import.meta.env.BASE_URL}favicon.svg`}
        alt=""
        className="size-7 shrink-0 object-contain"
      />
      <span className="truncate">{name}</span>
    </span>
  )
}
