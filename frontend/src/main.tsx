import './styles/app.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { onSessionEnd } from './api/session'
import { watchForMissingParts } from './app/parts'
import { queryClient } from './app/query-client'
import { router } from './app/router'
import { LocaleProvider, loadMessages } from './i18n/locale'

watchForMissingParts()
onSessionEnd(() => {
  // Nothing of what one person read stays for the next.
  queryClient.clear()
  const { matches, location } = router.state
  if (matches.some(({ routeId }) => routeId === '/$org'))
    void router.navigate({ to: '/sign-in', search: { redirect: location.href } })
  // Pages for everybody stay; they may say who is signed in.
  else void router.invalidate()
})

// What index.html has drawn stays until there is a page to take its place.
await Promise.all([loadMessages('main'), router.load()])
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <LocaleProvider>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </LocaleProvider>
  </StrictMode>,
)
