// Before the first paint: the kept theme, or that of the system. src/app/theme.tsx takes over from here.
;(() => {
  let kept = null
  try {
    kept = localStorage.getItem('lift.theme')
  } catch {
    // Storage is off; the system decides.
  }
  const dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
})()
