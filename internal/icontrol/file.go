package icontrol

import (
	"context"
	"fmt"
	"net/http"
)

// Certificates are the certificate files (icontrol-rest 3.12).
func (c *Client) Certificates() Collection[File] {
	return Collection[File]{client: c, path: managementRoot + "sys/file/ssl-cert"}
}

// Keys are the key files. Their content is never read back.
func (c *Client) Keys() Collection[File] {
	return Collection[File]{client: c, path: managementRoot + "sys/file/ssl-key"}
}

// File is a file object as the device shows it.
type File struct {
	Object
	Checksum       string `json:"checksum"`       // "SHA1:<size>:<hex>"
	ExpirationDate int64  `json:"expirationDate"` // of a certificate, in Unix seconds (icontrol-rest 3.12)
}

// FileBody makes a file object of an upload, or replaces its content.
type FileBody struct {
	Object
	SourcePath string `json:"sourcePath"` // see [Uploaded]
}

const (
	uploadRoot = "/mgmt/shared/file-transfer/uploads/"
	downloads  = "/var/config/rest/downloads/"
	// uploadChunk is what F5's own clients send at once: 1 MiB is the most that all
	// releases take (icontrol-rest 3.12).
	uploadChunk = 512 << 10
)

// Uploaded is the source path of an uploaded file.
func Uploaded(name string) string { return "file:" + downloads + name }

// Upload stores a file in the device's folder of uploads, under a name without
// slashes, over what has that name. All users share the folder. Neither the content
// nor a part of it is logged, or is in an error. An upload changes no configuration.
func (c *Client) Upload(ctx context.Context, name string, content []byte) error {
	return c.upload(ctx, nil, name, content)
}

// Upload is [Client.Upload], to the unit that the transaction is on. It is no
// command of the transaction: uploads take no part in one (icontrol-rest 5.4).
func (t *Transaction) Upload(ctx context.Context, name string, content []byte) error {
	return t.client.upload(ctx, t.unit, name, content)
}

func (c *Client) upload(ctx context.Context, unit *Client, name string, content []byte) error {
	if len(content) == 0 {
		return fmt.Errorf("upload %s: a file must have content", name)
	}
	for start := 0; start < len(content); start += uploadChunk {
		end := min(start+uploadChunk, len(content))
		req := &request{
			method: http.MethodPost, path: uploadRoot + encodeName(name), effect: harmless, on: unit,
			body: content[start:end], contentRange: fmt.Sprintf("%d-%d/%d", start, end-1, len(content)),
		}
		if err := c.do(ctx, req, nil); err != nil {
			return err
		}
	}
	return nil
}

// RemoveUploads deletes uploaded files. Their content is overwritten first: many
// users may not delete, and a name stays what it was.
func (c *Client) RemoveUploads(ctx context.Context, names ...string) error {
	for _, name := range names {
		if err := c.Upload(ctx, name, []byte("\n")); err != nil {
			return err
		}
	}
	for _, name := range names {
		body := map[string]string{"command": "run", "utilCmdArgs": downloads + name}
		req, err := newPost(managementRoot+"util/unix-rm", body, harmless)
		if err != nil {
			return err
		}
		if err := c.do(ctx, req, nil); err != nil {
			return err
		}
	}
	return nil
}
