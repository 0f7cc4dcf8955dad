import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, Outlet } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { ProblemScreen } from '@/app/fallbacks'
import { useNewBuild } from '@/app/new-build'

const Toaster = lazy(() => import('@/components/toaster'))

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Root,
  errorComponent: ProblemScreen,
})

function Root() {
  useNewBuild()
  return (
    <>
      <Outlet />
      <Suspense fallback={null}>
        <Toaster />
      </Suspense>
    </>
  )
}
