import { setupServer } from 'msw/node'

/** Answers in place of the API; each test says what. */
export const server = setupServer()
