import torch
from torch import nn, optim
nz, ngf, nc = 16, 8, 3
def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif classname.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)
class G(nn.Module):
    def __init__(self, ngpu=0):
        super().__init__()
        self.ngpu = ngpu
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 4, 4, 1, 0, bias=False), nn.BatchNorm2d(ngf * 4), nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 4, ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf), nn.ReLU(True),
            nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False), nn.Tanh())
    def forward(self, input):
        if input.is_cuda and self.ngpu > 1:
            return nn.parallel.data_parallel(self.main, input, range(self.ngpu))
        return self.main(input)
class D(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Conv2d(nc, ngf, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(ngf, 1, 8, 1, 0), nn.Sigmoid())
    def forward(self, x):
        return self.main(x).view(-1)
netG, netD = G().apply(weights_init), D().apply(weights_init)
criterion = nn.BCELoss()
optD = optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
optG = optim.Adam(netG.parameters(), lr=1e-3)
fixed = torch.randn(4, nz, 1, 1)
for it in range(2):
    real = torch.rand(4, 3, 16, 16)
    b = real.size(0)
    label = torch.full((b,), 1., dtype=torch.float)
    netD.zero_grad()
    errD_real = criterion(netD(real), label)
    errD_real.backward()
    noise = torch.randn(b, nz, 1, 1)
    fake = netG(noise)
    label.fill_(0)
    (criterion(netD(fake.detach()), label)).backward()
    optD.step()
    netG.zero_grad()
    label.fill_(1)
    criterion(netD(fake), label).backward()
    optG.step()
