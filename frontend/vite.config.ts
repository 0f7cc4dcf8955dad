/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import { tanstackRouter } from '@tanstack/router-plugin/vite'
import react from '@vitejs/plugin-react'
import compile from 'icu-minify/compile'
import { defineConfig, type Plugin } from 'vite'

// Where `npm run dev` finds Django; `make frontend-dev` sets it.
const platform = process.env.LIFT_PLATFORM ?? 'http://localhost:8000'
const servedByDjango = ['/api', '/admin', '/static', '/docs', '/redoc', '/module-ui', '/verify-email', '/health']

type Tree = { [key: string]: string | Tree }

/** Reads the texts' placeholders and plurals at build time, so that what reads them is no part of the dashboard. */
const compiledMessages: Plugin = {
  name: 'compiled-messages',
  apply: 'build',
  enforce: 'pre',
  config: () => ({ resolve: { alias: { 'use-intl/format-message': 'use-intl/format-message/format-only' } } }),
  transform: {
    filter: { id: /\/src\/i18n\/[^?]*\.json$/ },
    handler: (code) =>
      JSON.stringify(JSON.parse(code), (_, value: string | Tree) =>
        typeof value === 'string' ? compile(value) : value,
      ),
  },
}

export default defineConfig(({ command }) => ({
  // Django serves the build's files under /static/app/; the development server has the whole origin.
  base: command === 'build' ? '/static/app/' : '/',
  plugins: [
    compiledMessages,
    tanstackRouter({
      target: 'react',
      autoCodeSplitting: true,
      generatedRouteTree: './src/route-tree.gen.ts',
      quoteStyle: 'single',
    }),
    react(),
    tailwindcss(),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: {
    // With the host that the browser asked for: the policy of module UIs names it.
    proxy: Object.fromEntries(servedByDjango.map((path) => [path, { target: platform, changeOrigin: false }])),
  },
  build: {
    target: 'es2023',
    // The size check reads which files a page loads.
    manifest: true,
    // A font inside the CSS would need `font-src data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 300,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Libraries change seldom: in files of their own they stay in the browser's cache over releases.
          groups: [
            { name: 'react', test: /node_modules[\\/](?:react|react-dom|scheduler)[\\/]/, priority: 3 },
            {
              name: 'tanstack',
              test: /node_modules[\\/]@tanstack[\\/](?:history|react-router|router-core|query-core|react-query|react-store|store)[\\/]/,
              priority: 2,
            },
            // What every page needs: one request instead of a dozen.
            {
              name: 'base',
              test: /node_modules[\\/](?:@formatjs|class-variance-authority|clsx|intl-messageformat|openapi-fetch|use-intl|zod)[\\/]|src[\\/](?:api[\\/]|lib[\\/](?:cn|missing-part|problem)\.|components[\\/](?:button|states|toast)\.)/,
              priority: 1,
            },
          ],
        },
      },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/testing/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    css: false,
    restoreMocks: true,
    // Two shared cores: rendering a page took several seconds under load.
    testTimeout: 60_000,
  },
}))
