package ltm

// ClientSSL is a client-ssl profile: what a virtual server shows to clients that ask for
// one server name.
type ClientSSL struct {
	Path        Path   `json:"path"`
	Description string `json:"description,omitempty"`
	Parent      Path   `json:"parent"`      // "/Common/clientssl"
	ServerName  string `json:"server_name"` // by SNI: "shop.example.com", "*.example.com"; "" for none
	// Default is for clients that ask for no name, or for one that no profile has: one
	// on each virtual server.
	Default     bool `json:"default"`
	Certificate Path `json:"certificate"` // of a Certificate, which has its key by the same name
}

// Certificate is a certificate with its chain and its key, two files on the device under one
// name. The key is never read back: the device shows its checksum.
type Certificate struct {
	Path Path `json:"path"` // "/shop/shop_web-tls": the device's ssl-cert and ssl-key of that name
	// The checksums are what the device shows: "SHA1:<size>:<hex>" of the files
	// (icontrol-rest 3.12).
	CertificateChecksum string `json:"certificate_checksum"`
	KeyChecksum         string `json:"key_checksum"`
}

// KeyPair is the content of a Certificate's files, in PEM.
type KeyPair struct {
	Certificate []byte // with its chain
	Key         Secret
}
