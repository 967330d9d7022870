#!/usr/bin/env bash
# Takes the signing certificate and the notary's account into a keychain that lives as long as the machine of this run.
# Without a certificate there is nothing to do: the program is then signed for the machine that built it only.
set -euo pipefail
[ -n "${CERTIFICATE:-}" ] || { echo "no certificate: the app will not be notarised"; exit 0; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
keychain=$folder.keychain-db
password=$(openssl rand -hex 24)

printf %s "$CERTIFICATE" | base64 --decode > "$folder/certificate.p12"
security create-keychain -p "$password" "$keychain"
security set-keychain-settings -lut 21600 "$keychain"
security unlock-keychain -p "$password" "$keychain"
security import "$folder/certificate.p12" -k "$keychain" -P "$CERTIFICATE_PASSWORD" -T /usr/bin/codesign
security set-key-partition-list -S apple-tool:,apple: -s -k "$password" "$keychain" > /dev/null
security list-keychains -d user -s "$keychain" login.keychain-db

if [ -n "${NOTARY_KEY:-}" ]; then
  printf %s "$NOTARY_KEY" > "$folder/notary.p8"
  xcrun notarytool store-credentials "$NOTARY_PROFILE" \
    --key "$folder/notary.p8" --key-id "$NOTARY_KEY_ID" --issuer "$NOTARY_ISSUER"
fi
