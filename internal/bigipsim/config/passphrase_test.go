package config

import (
	"os"
	"path/filepath"
	"testing"
)

func FuzzOpenKey(f *testing.F) {
	files, err := filepath.Glob("../testdata/keys/*.pem")
	if err != nil || len(files) == 0 {
		f.Fatalf("no keys: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, "sesame")
	}
	f.Add([]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"), "x")
	f.Fuzz(func(t *testing.T, content []byte, passphrase string) {
		opened, err := openKey(content, passphrase)
		if err != nil {
			return
		}
		again, err := openKey(opened, "")
		if isEncrypted(content) && !isEncrypted(opened) && (err != nil || string(again) != string(opened)) {
			t.Errorf("opened twice: %v\n%s\n%s", err, opened, again)
		}
	})
}
