package config

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
)

// errPassphrase is a key that its passphrase does not open; errNoPassphrase one
// for which there is none. The words are OpenSSL's, which mcpd hands on
// (F5Networks/f5-ansible#2131; those of a wrong passphrase are inferred from it).
var (
	errPassphrase   = errors.New("error:06065064:digital envelope routines:EVP_DecryptFinal_ex:bad decrypt")
	errNoPassphrase = errors.New("error:0906A068:PEM routines:PEM_do_header:bad password read")
)

// openKey takes the passphrase off a private key in PEM form. A key without one
// stays as it is, whatever the passphrase.
func openKey(content []byte, passphrase string) ([]byte, error) {
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		pkcs8 := block.Type == "ENCRYPTED PRIVATE KEY"
		if !pkcs8 && !x509.IsEncryptedPEMBlock(block) { //nolint:staticcheck // devices take such keys
			continue
		}
		if passphrase == "" {
			return nil, errNoPassphrase
		}
		open := openLegacy
		if pkcs8 {
			open = openPKCS8
		}
		key, err := open(block, passphrase)
		if err != nil {
			return nil, err
		}
		plain := pem.EncodeToMemory(key)
		if publicKey(plain) == nil { // by chance the padding was right
			return nil, errPassphrase
		}
		return plain, nil
	}
	return content, nil
}

// openLegacy opens a key whose header says how it is encrypted (RFC 1421).
func openLegacy(block *pem.Block, passphrase string) (*pem.Block, error) {
	der, err := x509.DecryptPEMBlock(block, []byte(passphrase)) //nolint:staticcheck // devices take such keys
	if err != nil {
		return nil, errPassphrase
	}
	return &pem.Block{Type: block.Type, Bytes: der}, nil
}

// The parts of an encrypted PKCS#8 key (RFC 5958, RFC 8018).
type (
	encryptedKey struct {
		Algorithm algorithm
		Data      []byte
	}
	algorithm struct {
		ID         asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}
	pbes2Parameters  struct{ Derivation, Encryption algorithm }
	pbkdf2Parameters struct {
		Salt       []byte
		Iterations int
		KeyLength  int       `asn1:"optional"`
		PRF        algorithm `asn1:"optional"`
	}
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// maxIterations bounds the work that a stranger's file can ask for.
const maxIterations = 10_000_000

// prfs are the functions that derive a key; without one it is HMAC-SHA1.
var prfs = map[string]func() hash.Hash{
	"":                    sha1.New,
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
	"1.2.840.113549.2.8":  sha256.New224,
	"1.2.840.113549.2.12": sha512.New512_224,
	"1.2.840.113549.2.13": sha512.New512_256,
}

// blockCipher is a cipher in CBC mode.
type blockCipher struct {
	keyLength int
	make      func([]byte) (cipher.Block, error)
}

var blockCiphers = map[string]blockCipher{
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
}

// openPKCS8 opens a PKCS#8 key under PBES2, the only scheme that OpenSSL has
// written since 1.1.
func openPKCS8(block *pem.Block, passphrase string) (*pem.Block, error) {
	var key encryptedKey
	if err := parseDER(block.Bytes, &key); err != nil {
		return nil, err
	}
	if !key.Algorithm.ID.Equal(oidPBES2) {
		return nil, fmt.Errorf("error:06074079:digital envelope routines:EVP_PBE_CipherInit:unknown pbe algorithm %s", key.Algorithm.ID)
	}
	decrypter, err := newDecrypter(key.Algorithm.Parameters.FullBytes, passphrase)
	if err != nil {
		return nil, err
	}
	size := decrypter.BlockSize()
	if len(key.Data) == 0 || len(key.Data)%size != 0 {
		return nil, errPassphrase
	}
	der := make([]byte, len(key.Data))
	decrypter.CryptBlocks(der, key.Data)
	padding := int(der[len(der)-1])
	if padding == 0 || padding > size || !bytes.HasSuffix(der, bytes.Repeat([]byte{byte(padding)}, padding)) {
		return nil, errPassphrase
	}
	return &pem.Block{Type: "PRIVATE KEY", Bytes: der[:len(der)-padding]}, nil
}

// newDecrypter derives the key of PBES2 and makes the cipher ready.
func newDecrypter(parameters []byte, passphrase string) (cipher.BlockMode, error) {
	var scheme pbes2Parameters
	var derivation pbkdf2Parameters
	var iv []byte
	if err := parseDER(parameters, &scheme); err != nil {
		return nil, err
	}
	if err := parseDER(scheme.Derivation.Parameters.FullBytes, &derivation); err != nil {
		return nil, err
	}
	if err := parseDER(scheme.Encryption.Parameters.FullBytes, &iv); err != nil {
		return nil, err
	}
	prf, knownPRF := prfs[derivation.PRF.ID.String()]
	c, knownCipher := blockCiphers[scheme.Encryption.ID.String()]
	if !scheme.Derivation.ID.Equal(oidPBKDF2) || !knownPRF || !knownCipher || derivation.Iterations < 1 || derivation.Iterations > maxIterations {
		return nil, errors.New("error:060A1079:digital envelope routines:PKCS5_v2_PBE_keyivgen:unsupported cipher or key derivation")
	}
	key, err := pbkdf2.Key(prf, passphrase, derivation.Salt, derivation.Iterations, c.keyLength)
	if err != nil {
		return nil, err
	}
	block, err := c.make(key)
	if err != nil {
		return nil, err
	}
	if len(iv) != block.BlockSize() {
		return nil, errPassphrase
	}
	return cipher.NewCBCDecrypter(block, iv), nil
}

func parseDER(der []byte, into any) error {
	rest, err := asn1.Unmarshal(der, into)
	if err == nil && len(rest) > 0 {
		err = errors.New("trailing data")
	}
	if err != nil {
		return fmt.Errorf("error:0D0680A8:asn1 encoding routines:asn1_check_tlen:wrong tag: %w", err)
	}
	return nil
}
