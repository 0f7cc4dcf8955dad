/** The server has the last word on passwords; this only saves the way there. */
export const SHORTEST_PASSWORD = 10
