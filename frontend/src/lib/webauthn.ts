/** Passkeys, by the browser's own dialogs. Options and answers travel as JSON. */
type Json = Record<string, unknown>

/** Somebody has closed the dialog, or nothing on this device fits: no fault, and nothing was sent. */
export class PasskeyAbandoned extends Error {}
/** This device holds a passkey of the account already. */
export class PasskeyKnown extends Error {}

export function arePasskeysPossible() {
  return 'PublicKeyCredential' in window && 'parseCreationOptionsFromJSON' in PublicKeyCredential
}

export async function makePasskey(options: Json): Promise<Json> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  )
  return answered(() => navigator.credentials.create({ publicKey }))
}

export async function givePasskey(options: Json): Promise<Json> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  )
  return answered(() => navigator.credentials.get({ publicKey }))
}

async function answered(ask: () => Promise<Credential | null>): Promise<Json> {
  try {
    const credential = await ask()
    if (!(credential instanceof PublicKeyCredential)) throw new PasskeyAbandoned()
    return credential.toJSON() as unknown as Json
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
    throw error.name === 'InvalidStateError' ? new PasskeyKnown() : new PasskeyAbandoned()
  }
}
