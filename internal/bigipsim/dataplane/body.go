package dataplane

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// writeError marks an error of the receiving side of a copy.
type writeError struct{ error }

func (e writeError) Unwrap() error { return e.error }

// wrote marks err, if any, as the receiver's.
func wrote(err error) error {
	if err == nil {
		return nil
	}
	return writeError{err}
}

// copyRequestBody passes a request's body on.
func copyRequestBody(dst *bufio.Writer, src *bufio.Reader, head *messageHead) error {
	switch {
	case head.chunked:
		return copyChunked(dst, src)
	case head.contentLength > 0:
		return copyBytes(dst, src, head.contentLength)
	default:
		return nil
	}
}

// copyResponseBody passes a response's body on; ends reports that the end of the
// connection is the end of the body (RFC 9112 6.3).
func copyResponseBody(dst *bufio.Writer, src *bufio.Reader, head *messageHead, requestMethod string) (ends bool, err error) {
	switch {
	case requestMethod == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304:
		return false, nil
	case head.chunked:
		return false, copyChunked(dst, src)
	case head.contentLength >= 0 && !head.encodedTransfer:
		return false, copyBytes(dst, src, head.contentLength)
	default:
		return true, copyAll(dst, src)
	}
}

// copyBytes copies exactly n bytes. It flushes before it waits for more, so that
// a slow sender's bytes arrive as they come.
func copyBytes(dst *bufio.Writer, src *bufio.Reader, n int64) error {
	if n <= int64(src.Buffered()) {
		part, _ := src.Peek(int(n))
		_, err := dst.Write(part)
		_, _ = src.Discard(int(n))
		return wrote(err)
	}
	end, err := copySome(dst, src, n)
	if err == nil && end < n {
		return io.ErrUnexpectedEOF
	}
	return err
}

// copyAll copies to the end of src.
func copyAll(dst *bufio.Writer, src *bufio.Reader) error {
	_, err := copySome(dst, src, 1<<62)
	return err
}

func copySome(dst *bufio.Writer, src *bufio.Reader, limit int64) (copied int64, err error) {
	buffer := copyBuffers.Get().(*[copyBufferSize]byte)
	defer copyBuffers.Put(buffer)
	for copied < limit {
		if src.Buffered() == 0 {
			if err := dst.Flush(); err != nil {
				return copied, wrote(err)
			}
		}
		n, err := src.Read(buffer[:min(copyBufferSize, limit-copied)])
		copied += int64(n)
		if _, err := dst.Write(buffer[:n]); err != nil {
			return copied, wrote(err)
		}
		if errors.Is(err, io.EOF) {
			return copied, nil
		}
		if err != nil {
			return copied, err
		}
	}
	return copied, nil
}

// copyChunked copies a chunked body with its trailer, chunk by chunk as it is.
func copyChunked(dst *bufio.Writer, src *bufio.Reader) error {
	for {
		line, err := copyLine(dst, src)
		if err != nil {
			return err
		}
		digits, _, _ := bytes.Cut(line, []byte(";"))
		size, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 62)
		if err != nil {
			return fmt.Errorf("chunk size: %w", errMalformed)
		}
		if size == 0 {
			return copyTrailer(dst, src)
		}
		if err := copyBytes(dst, src, int64(size)); err != nil {
			return err
		}
		if line, err := copyLine(dst, src); err != nil {
			return err
		} else if len(line) != 0 {
			return fmt.Errorf("end of chunk: %w", errMalformed)
		}
	}
}

func copyTrailer(dst *bufio.Writer, src *bufio.Reader) error {
	for total := 0; total <= maxHeadBytes; {
		line, err := copyLine(dst, src)
		if err != nil || len(line) == 0 {
			return err
		}
		total += len(line)
	}
	return fmt.Errorf("trailer: %w", errMalformed)
}

// copyLine copies one line and returns it without its end. A line that does not
// fit the reader's buffer is an error.
func copyLine(dst *bufio.Writer, src *bufio.Reader) ([]byte, error) {
	buffered, _ := src.Peek(src.Buffered())
	if bytes.IndexByte(buffered, '\n') < 0 {
		if err := dst.Flush(); err != nil {
			return nil, wrote(err)
		}
	}
	line, err := src.ReadSlice('\n')
	if errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("line too long: %w", errMalformed)
	}
	if err != nil {
		return nil, err
	}
	_, err = dst.Write(line)
	return trimLine(line), wrote(err)
}
