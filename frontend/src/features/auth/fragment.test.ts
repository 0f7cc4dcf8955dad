import { expect, test } from 'vitest'
import { fragmentOf } from './fragment'

test('what the server leaves behind the address is read', () => {
  expect(fragmentOf('#mfa_token=a.b%2Bc&methods=totp,passkey')).toEqual({
    mfaToken: 'a.b+c',
    methods: ['totp', 'passkey'],
  })
  expect(fragmentOf('oauth=t&email=ada%40example.com&name=Ada%20L')).toEqual({
    methods: [],
    oauth: 't',
    email: 'ada@example.com',
    name: 'Ada L',
  })
  expect(fragmentOf('')).toEqual({ methods: [] })
})
