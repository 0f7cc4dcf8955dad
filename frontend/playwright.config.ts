import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { defineConfig } from '@playwright/test'
import { DEMO_PASSWORD } from './e2e/people'

const repository = new URL('..', import.meta.url).pathname
const python = process.env.PYTHON ?? `${repository}.venv/bin/python`
const state = `${process.env.LIFTOS_STATE_DIR ?? `${repository}.liftos`}/e2e`

// The platform of the tests has services and data of its own, whatever the shell points at.
delete process.env.DATABASE_URL
delete process.env.REDIS_URL

// Once; the processes that run the tests read this file too, and inherit the variable.
if (!process.env.E2E_PORT) {
  process.env.E2E_PORT = String(await freePort())
  if (existsSync(state)) {
    // What a killed run has left is stopped first; then every run begins with the same data.
    execFileSync(python, ['-m', 'deploy.dev', 'down'], {
      cwd: repository,
      env: { ...process.env, LIFTOS_STATE_DIR: state },
    })
    rmSync(state, { recursive: true })
  }
}
process.env.E2E_MAIL = `${state}/mail`
const url = `http://localhost:${process.env.E2E_PORT}`

export default defineConfig({
  testDir: './e2e',
  outputDir: './e2e-results',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 1,
  // On shared machines a second try tells what is slow from what is broken; the report names such tests as flaky.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    baseURL: url,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    },
  },
  // The whole platform as `make dev` starts it: PostgreSQL, Redis, web, worker, scheduler. Nothing is imitated.
  webServer: {
    command: `${python} -m deploy.dev run`,
    cwd: repository,
    url: `${url}/health/ready`,
    timeout: 240_000,
    stdout: 'ignore',
    stderr: 'pipe',
    gracefulShutdown: { signal: 'SIGTERM', timeout: 30_000 },
    env: {
      LIFTOS_STATE_DIR: state,
      PORT: process.env.E2E_PORT,
      DEMO_PASSWORD,
      SIGNUP_LIMIT: '1000/h/ip',
      MODULE_FOLDERS: `${repository}tests/modules`,
    },
  },
})

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
