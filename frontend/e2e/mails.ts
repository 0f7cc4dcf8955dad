import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** The newest path like this in the mails that the platform has written to an address. */
export function mailedPath(email: string, pattern: RegExp): string | undefined {
  const folder = process.env.E2E_MAIL as string
  // The first mail makes it.
  if (!existsSync(folder)) return undefined
  return readdirSync(folder)
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8').replaceAll('=\n', '').replaceAll('=3D', '='))
    .filter((mail) => mail.includes(`To: ${email}`))
    .flatMap((mail) => mail.match(pattern)?.[0] ?? [])
    .at(-1)
}
