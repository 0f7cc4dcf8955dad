export function Brand() {
  return (
    <span className="flex items-center gap-2.5 text-base font-semibold tracking-tight">
      <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" className="size-7" />
      Lift OS
    </span>
  )
}
